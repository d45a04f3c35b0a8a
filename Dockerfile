# The operator and the command `cslb`. docs/decisions/image.md says why it is made like this.
ARG BUILD_IMAGE=docker.io/library/node:24.21.0-trixie-slim
ARG BASE_IMAGE=gcr.io/distroless/cc-debian13:nonroot

# Node for the platform of the image: copied from, never run.
FROM ${BUILD_IMAGE} AS node

# Our code and its packages are the same on every platform: they are built once, on the builder's own.
FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Whoever needs another registry or other certificates passes `--secret id=npmrc,src=$HOME/.npmrc`.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN node_modules/.bin/tsc --project tsconfig.build.json
# What is never read goes: typings, source maps, texts other than licenses, tests, and binaries for Bare, which is not Node.
RUN npm prune --omit=dev --omit=optional --ignore-scripts \
 && find node_modules -type f \
      \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.md' \) \
      ! -iname '*licen[sc]e*' -exec rm {} + \
 && find node_modules -type d \( -name @types -o -name test -o -name prebuilds -o -name .github -o -name .bin \) \
      -prune -exec rm -r {} +
COPY crds crds
COPY LICENSE ./
# The final image has no `env` that would find Node.
RUN mkdir -p /image/app /image/usr/local/bin \
 && mv LICENSE crds dist node_modules package.json /image/app/ \
 && sed -i '1s|^.*$|#!/usr/local/bin/node|' /image/app/dist/main.js \
 && chmod 755 /image/app/dist/main.js \
 && ln -s /app/dist/main.js /image/usr/local/bin/cslb \
 && chmod -R go-w /image

FROM ${BASE_IMAGE}
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=build /image/ /
ENV NODE_ENV=production
WORKDIR /
USER 65532:65532
# Metrics and probes.
EXPOSE 8080 8081
ENTRYPOINT ["cslb"]
CMD ["operator"]

ARG BASE_IMAGE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=https://github.com/pve-cslb/pve-cslb-operator
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="pve-cslb-operator" \
      org.opencontainers.image.description="Keeps Proxmox VE clusters balanced from Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
