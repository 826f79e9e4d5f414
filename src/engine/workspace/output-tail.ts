/** Most of a stream's end that an ExecResult holds, in UTF-16 units. */
export const TAIL = 64 * 1024;

/** Joined only when it is asked for: a new string for each chunk would be most of the garbage of a loud command. */
export const createTail = () => {
  let parts: string[] = [];
  let length = 0;
  const text = (): string => parts.join('').slice(-TAIL);
  return {
    push: (part: string): void => {
      parts.push(part);
      length += part.length;
      if (length < 2 * TAIL && parts.length < TAIL) return;
      while (length - (parts[0]?.length ?? 0) >= TAIL) length -= parts.shift()?.length ?? 0;
      if (parts.length > 64) parts = [text()];
      length = parts.reduce((sum, one) => sum + one.length, 0);
    },
    text,
  };
};
