const FLOOR_MS = 1000;
const CEILING_MS = 60_000;

/** Wait before try `attempt` + 1 (from 1) in ms: full jitter between 1 s and a limit that doubles from 2 s to 60 s. */
export const backoffMs = (attempt: number, random01: number): number => {
  const limit = Math.min(CEILING_MS, FLOOR_MS * 2 ** Math.max(1, attempt));
  return Math.round(FLOOR_MS + Math.min(1, Math.max(0, random01)) * (limit - FLOOR_MS));
};
