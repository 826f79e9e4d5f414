import type { ModelFailure } from '../../ports/model.ts';
import type { Refusal } from './guarded-fetch.ts';
import { rateLimitWaitMs } from '../../domain/rate-limit-wait.ts';

/** What a refusal means: a wait, or a failure. */
export type Verdict =
  | { readonly kind: 'rate-limited'; readonly waitMs: number | undefined; readonly detail: string }
  | {
      readonly kind: 'failed';
      readonly failure: ModelFailure;
      readonly retryable: boolean;
      readonly detail: string;
    };

/** Error codes (a field, never the text) that say: no money, no use in waiting. 1113 is z.ai's for arrears. */
const NO_CREDIT = new Set(['insufficient_quota', 'billing_hard_limit_reached', 'billing_not_active', '1113']);
const RETRYABLE_CLIENT = new Set([408, 409, 425]);

export interface ErrorFields {
  readonly codes: readonly string[];
  readonly message: string | undefined;
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** `code`, `type` and `message` of an error object as the compatible endpoints send it, in any of their wrappings. */
export const errorFields = (value: unknown): ErrorFields => {
  const outer: unknown = Array.isArray(value) ? value[0] : value;
  const error = field(outer, 'error') ?? outer;
  const codes = ['code', 'type', 'status'].flatMap((name) => {
    const found = field(error, name);
    return typeof found === 'string' || typeof found === 'number' ? [String(found)] : [];
  });
  const message = typeof error === 'string' ? error : field(error, 'message');
  return { codes, message: typeof message === 'string' ? message : undefined };
};

const bodyFields = (body: string): ErrorFields => {
  try {
    return errorFields(JSON.parse(body));
  } catch {
    return { codes: [], message: undefined };
  }
};

const failed = (failure: ModelFailure, retryable: boolean, detail: string): Verdict => ({
  kind: 'failed',
  failure,
  retryable,
  detail,
});

interface Case {
  readonly status: number;
  readonly fields: ErrorFields;
  /** The provider's own words, with a colon before them, or empty. */
  readonly said: string;
}

const clientError = ({ status, said }: Case): Verdict => {
  if (status === 401 || status === 403) {
    return failed('auth', false, `the key was refused (${status})${said}; check the key and what it may use`);
  }
  if (status === 402) return failed('auth', false, `no credit left (402)${said}; top up the account`);
  if (status === 404)
    return failed('bad-request', false, `no such model or address (404)${said}; check model and base_url`);
  if (RETRYABLE_CLIENT.has(status)) return failed('server', true, `the provider answered ${status}${said}`);
  return failed('bad-request', false, `the provider refused the request (${status})${said}`);
};

/** Judges a status other than 200, by status, headers and error code only. `now` in ms since 1970. */
export const judgeStatus = (known: Case, headers: Refusal['headers'] | undefined, now: number): Verdict => {
  const { status, fields, said } = known;
  if (status === 429) {
    if (fields.codes.some((code) => NO_CREDIT.has(code))) {
      return failed('auth', false, `no credit left (429)${said}; top up the account or raise its limit`);
    }
    const waitMs = headers === undefined ? undefined : rateLimitWaitMs(headers, now);
    return { kind: 'rate-limited', waitMs, detail: `rate limit (429)${said}` };
  }
  if (status >= 500) return failed('server', status !== 501, `the provider answered ${status}${said}`);
  if (status >= 300 && status < 400) {
    return failed(
      'not-a-model',
      false,
      `the address redirects (${status}); give base_url as it is in the end`,
    );
  }
  return clientError(known);
};

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  rate_limit_exceeded: 429,
  rate_limit_error: 429,
  insufficient_quota: 429,
  authentication_error: 401,
  invalid_api_key: 401,
  invalid_request_error: 400,
  context_length_exceeded: 400,
};

/** Judges an error object that came inside a stream, where there is no status left to go by. */
export const judgeErrorEvent = (error: unknown, headers: Headers | undefined, now: number): Verdict => {
  const fields = errorFields(error);
  const status = fields.codes
    .map((code) => (/^[45]\d\d$/.test(code) ? Number(code) : STATUS_OF_CODE[code]))
    .find((code) => code !== undefined);
  return judgeStatus({ status: status ?? 500, fields, said: said(fields.message) }, headers, now);
};

const said = (message: string | undefined): string =>
  message === undefined || message === '' ? '' : `: ${message}`;

/** Judges what came back instead of an event stream. */
export const judgeRefusal = ({ status, headers, body }: Refusal, now: number): Verdict => {
  const fields = bodyFields(body);
  if (status === 200) {
    const type = headers.get('content-type') ?? 'nothing';
    const words = fields.message === undefined ? '' : `: ${fields.message}`;
    return failed(
      'not-a-model',
      false,
      `the address answered 200 with ${type} instead of a model's stream${words}; check base_url`,
    );
  }
  return judgeStatus({ status, fields, said: said(fields.message) }, headers, now);
};
