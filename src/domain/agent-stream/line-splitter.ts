/** A longer line is dropped whole: an agent's own lines are some hundred KiB at most. */
const MAX_LINE = 1024 * 1024;

/** Cuts a stream of chunks into lines without their newline; at most MAX_LINE units are held. */
export const createLineSplitter = (onLine: (line: string) => void) => {
  let parts: string[] = [];
  let length = 0;
  let dropping = false;
  const add = (text: string): void => {
    length += text.length;
    dropping ||= length > MAX_LINE;
    if (dropping) parts = [];
    else if (text !== '') parts.push(text);
  };
  const finish = (): void => {
    if (!dropping && length > 0) onLine(parts.join('').replace(/\r$/, ''));
    parts = [];
    length = 0;
    dropping = false;
  };
  return {
    push: (chunk: string): void => {
      let from = 0;
      for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', from)) {
        add(chunk.slice(from, at));
        finish();
        from = at + 1;
      }
      add(chunk.slice(from));
    },
    end: finish,
  };
};
