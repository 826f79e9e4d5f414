import { RalphError, type ErrorCode } from '../../domain/error.ts';
import { describeExit, succeeded } from '../../domain/exit.ts';
import type { ExecRequest, ExecResult, Sandbox } from '../../ports/sandbox.ts';

/** Linux caps one argument at 128 KiB; four parts keep a request below what any backend refuses. */
export const PART_BYTES = 72 * 1024;
export const PARTS_PER_EXEC = 4;

export interface TextResult extends ExecResult {
  /** Standard output from its beginning, up to `maxChars`. */
  readonly text: string;
  /** True when there was more. */
  readonly over: boolean;
}

/** Runs a short process and keeps the head of its output, beyond the tail of an ExecResult. */
export const execText = async (box: Sandbox, request: ExecRequest, maxChars: number): Promise<TextResult> => {
  const parts: string[] = [];
  let kept = 0;
  let over = false;
  const result = await box.exec({
    ...request,
    short: true,
    onOutput: ({ stream, text }) => {
      if (stream === 'stderr') return;
      const part = text.slice(0, maxChars - kept);
      over ||= part.length < text.length;
      kept += part.length;
      if (part !== '') parts.push(part);
    },
  });
  return { ...result, text: parts.join(''), over };
};

/** One POSIX sh script with arguments, as an argv. */
export const script = (text: string, ...args: readonly string[]): ExecRequest['argv'] => [
  'sh',
  '-c',
  text,
  'sh',
  ...args,
];

/** Throws RalphError `code` with the process's own words unless it ended with exit 0. */
export const mustSucceed = <R extends ExecResult>(
  result: R,
  what: string,
  code: ErrorCode = 'sandbox.exec',
): R => {
  if (succeeded(result.exit)) return result;
  const said = result.stderr.trim().slice(-2_000);
  throw new RalphError(code, `${what}: ${describeExit(result.exit)}${said === '' ? '' : `: ${said}`}`, {
    hint: 'Look at the sandbox with `ralph doctor`; the run can be resumed afterwards.',
  });
};

/** Bytes as base64 arguments, each below the limit of one argument, in groups for one exec each. */
export function* base64Groups(bytes: Uint8Array): Generator<readonly string[]> {
  const group = PART_BYTES * PARTS_PER_EXEC;
  for (let at = 0; at < bytes.length; at += group) {
    const parts: string[] = [];
    const end = Math.min(at + group, bytes.length);
    for (let from = at; from < end; from += PART_BYTES) {
      parts.push(Buffer.from(bytes.subarray(from, Math.min(from + PART_BYTES, end))).toString('base64'));
    }
    yield parts;
  }
}
