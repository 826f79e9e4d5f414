/** Longest line of an event stream, and most bytes of a whole one; the text itself has a lower limit of its own. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_STREAM_BYTES = 512 * 1024 * 1024;
const MAX_REFUSAL_BYTES = 64 * 1024;
const NEWLINE = 10;

/** What came back instead of an event stream. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  /** At most 64 KiB. */
  readonly body: string;
}
/** What the SDK does not tell about its call. */
export interface Seen {
  headers?: Headers;
  refusal?: Refusal;
  tooLarge?: true;
}

const readHead = async (response: Response): Promise<string> => {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body) {
    text += decoder.decode(chunk.subarray(0, MAX_REFUSAL_BYTES), { stream: true });
    if (text.length >= MAX_REFUSAL_BYTES) break;
  }
  return text.slice(0, MAX_REFUSAL_BYTES);
};

const bounded = (body: ReadableStream<Uint8Array>, seen: Seen): ReadableStream<Uint8Array> => {
  let total = 0;
  let line = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        total += chunk.length;
        const newline = chunk.lastIndexOf(NEWLINE);
        line = newline < 0 ? line + chunk.length : chunk.length - newline;
        if (total > MAX_STREAM_BYTES || line > MAX_LINE_BYTES) {
          seen.tooLarge = true;
          controller.error(new Error('the answer is too large'));
          return;
        }
        controller.enqueue(chunk);
      },
    }),
  );
};

// The SDK adds headers from OPENAI_* variables and about this machine: they are no business of another provider.
const plainHeaders = (given: ConstructorParameters<typeof Headers>[0], withKey: boolean): Headers => {
  const sent = new Headers(given);
  const plain = new Headers({ accept: 'text/event-stream', 'content-type': 'application/json' });
  const key = sent.get('authorization');
  if (withKey && key !== null) plain.set('authorization', key);
  return plain;
};

const isEventStream = (response: Response): boolean => {
  const type = response.headers.get('content-type') ?? '';
  return response.status === 200 && !/html|json|xml/i.test(type);
};

/**
 * A fetch for one SDK call: plain headers, no redirects, bodies bounded before anything buffers them. What is not an
 * event stream is read into `seen.refusal`.
 */
export const guardedFetch =
  (seen: Seen, withKey: boolean): typeof fetch =>
  async (url, init) => {
    const response = await fetch(url, {
      ...init,
      headers: plainHeaders(init?.headers as ConstructorParameters<typeof Headers>[0], withKey),
      redirect: 'manual',
    });
    seen.headers = response.headers;
    if (isEventStream(response) && response.body !== null) {
      return new Response(bounded(response.body, seen), { status: 200, headers: response.headers });
    }
    seen.refusal = { status: response.status, headers: response.headers, body: await readHead(response) };
    // Any status that the SDK takes for an error without reading more into it: `seen` is what gets judged.
    return new Response('{}', { status: 400, headers: { 'content-type': 'application/json' } });
  };
