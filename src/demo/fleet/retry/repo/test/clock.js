/** A clock that only moves when somebody sleeps. */
export const fakeClock = () => {
  let now = 0;
  const slept = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
};

/** Work that fails `times` times, then answers. */
export const failing = (times) => async (attempt) => {
  if (attempt <= times) throw new Error(`no answer (${attempt})`);
  return 'answer';
};
