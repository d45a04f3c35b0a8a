// What `helm test` runs, as the operator's ServiceAccount: both kinds can be listed where the operator watches them,
// and an operator of the chart's version answers behind the Service.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { API_URL, TOKEN_FILE, WATCHED_NAMESPACES, METRICS_URL, OPERATOR_VERSION, TRY_FOR_SECONDS } =
  process.env;
const TRY_EVERY_MS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;

async function read(url, headers = {}) {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  const text = await response.text();
  if (response.ok) return text;
  throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`);
}

async function checkKinds() {
  const authorization = `Bearer ${readFileSync(TOKEN_FILE, 'utf8').trim()}`;
  const paths = WATCHED_NAMESPACES
    ? WATCHED_NAMESPACES.split(',').map((namespace) => `namespaces/${namespace}/`)
    : [''];
  for (const path of paths) {
    for (const kind of ['pveclusters', 'balancepolicies']) {
      await read(`${API_URL}/apis/pve-cslb.io/v1alpha1/${path}${kind}?limit=1`, { authorization });
      console.log(`ok: ${path}${kind} can be listed`);
    }
  }
}

async function checkMetrics() {
  if (!METRICS_URL) return;
  const metrics = await read(METRICS_URL);
  const version = /^pve_cslb_build_info\{.*version="([^"]*)".*\} 1$/m.exec(metrics)?.[1];
  if (version === undefined) throw new Error(`${METRICS_URL} has no pve_cslb_build_info`);
  if (OPERATOR_VERSION && version !== OPERATOR_VERSION) {
    throw new Error(`the operator is ${version}, the chart is for ${OPERATOR_VERSION}`);
  }
  console.log(`ok: operator ${version} answers at ${METRICS_URL}`);
}

async function eventually(check) {
  const deadline = Date.now() + Number(TRY_FOR_SECONDS) * 1_000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await sleep(TRY_EVERY_MS);
    }
  }
}

try {
  await eventually(checkKinds);
  await eventually(checkMetrics);
} catch (error) {
  const cause = error.cause === undefined ? '' : ` (${error.cause.message})`;
  console.error(`failed: ${error.message}${cause}`);
  process.exitCode = 1;
}
