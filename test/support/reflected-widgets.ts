import { createReflector, type ObjectChange } from '../../src/kubernetes/reflector.ts';
import { createVirtualClock } from '../../src/lib/virtual-clock.ts';
import { createFakeApiClient } from './fake-api-client.ts';
import { createRecordingLogger } from './recording-logger.ts';
import { WIDGET, type Widget } from './widget.ts';

/** A reflector of widgets on an API server in memory, in the time of a virtual clock, with all that it delivered. */
export function reflectedWidgets({ random = () => 0.5 }: { readonly random?: () => number } = {}) {
  const clock = createVirtualClock();
  const client = createFakeApiClient();
  const logger = createRecordingLogger();
  const reflector = createReflector<Widget>({ client, kind: WIDGET, clock, logger, random });
  const controller = new AbortController();
  const changes: string[] = [];
  reflector.onChange((change) => changes.push(describeChange(change)));
  return {
    clock,
    client,
    logger,
    reflector,
    changes,
    async start() {
      reflector.start(controller.signal);
      await clock.advance(0);
    },
    stop: () => controller.abort(new Error('stopped')),
    count: (call: string) => client.calls.filter((made) => made.call === call).length,
  };
}

export function describeChange(change: ObjectChange<Widget>): string {
  return `${change.kind} ${change.object.metadata.name} ${change.object.spec?.size}`;
}
