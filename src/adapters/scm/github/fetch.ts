import { RalphError } from '../../../domain/error.ts';

const TIMEOUT_MS = 30_000;
/** 100 pull requests with the longest bodies are 7 MB. */
const MAX_BYTES = 16 * 1024 * 1024;
const NO_BODY = new Set([101, 204, 205, 304]);

const readAll = async (response: Response): Promise<Uint8Array<ArrayBuffer>> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the answer is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
};

/** `fetch` to one origin: no redirects, a time limit for the whole answer, a size limit. */
export const guardedFetch =
  (api: string): typeof fetch =>
  async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== new URL(api).origin)
      throw new RalphError('scm.failed', `a request to ${url.origin} is not for ${api}`);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    const { status, statusText, headers } = response;
    const body = NO_BODY.has(status) ? null : await readAll(response);
    const whole = new Response(body, { status, statusText, headers });
    Object.defineProperty(whole, 'url', { value: response.url });
    return whole;
  };

/**
 * The last bytes of a text at an address that the API named; no credential goes there. Undefined where it refuses, or
 * where the address is neither https nor the API's own origin. The first line is dropped where something was cut.
 */
export const fetchEnd = async (
  api: string,
  address: string,
  maxBytes: number,
): Promise<string | undefined> => {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.origin !== new URL(api).origin))
    return undefined;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { redirect: 'error', signal }).catch(() => undefined);
  if (!response?.ok) return undefined;
  let end = Buffer.alloc(0);
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      end = Buffer.concat([end, chunk]);
      if (end.length > 4 * maxBytes) end = end.subarray(-maxBytes);
    }
  } catch {
    // What came before it was cut is better than nothing.
  }
  if (size <= maxBytes) return end.toString('utf8');
  const text = end.subarray(-maxBytes).toString('utf8');
  return text.slice(text.indexOf('\n') + 1);
};
