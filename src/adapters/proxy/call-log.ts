import type { GateCall } from '../../ports/gate.ts';

const REFUSED_PER_MINUTE = 60;
const MINUTE = 60_000;

// oxlint-disable-next-line no-control-regex -- what a sandbox sends may hold anything
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
const clean = (text: string, most: number): string => text.replace(CONTROL, '?').slice(0, most);

/** Enters calls, bounded: of refused ones at most 60 a minute, and then how many more there were. */
export const createCallLog = (onCall: (call: GateCall) => void, now: () => number) => {
  let since = now();
  let refused = 0;
  const bounded = (call: GateCall): GateCall => ({
    ...call,
    method: clean(call.method, 16),
    host: clean(call.host, 255),
    path: clean(call.path, 300),
    ms: Math.round(call.ms),
    ...(call.refused !== undefined && { refused: clean(call.refused, 300) }),
  });
  return (call: GateCall): void => {
    if (call.refused === undefined) return onCall(bounded(call));
    if (now() - since >= MINUTE) {
      since = now();
      refused = 0;
    }
    refused += 1;
    if (refused < REFUSED_PER_MINUTE) onCall(bounded(call));
    else if (refused === REFUSED_PER_MINUTE) {
      onCall(
        bounded({ ...call, refused: `${call.refused} (more refused calls of this minute are not entered)` }),
      );
    }
  };
};
export type CallLog = ReturnType<typeof createCallLog>;
