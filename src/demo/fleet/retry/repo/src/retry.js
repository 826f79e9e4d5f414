/**
 * Calls `work` until it succeeds, at most `attempts` times.
 * `clock` has `now()` and `sleep(ms)`; `deadlineMs` counts from the first call.
 */
export async function retry(work, { attempts, waitMs, clock }) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= attempts) throw error;
      await clock.sleep(waitMs);
    }
  }
}
