import type { ModelProvider } from './providers.ts';

/** Why the gate answers a call itself, as the agents' own clients read it. */
export interface GateRefusal {
  readonly status: number;
  readonly reason: string;
}

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  502: 'api_error',
};
const GEMINI_STATUS: Readonly<Record<number, string>> = {
  400: 'FAILED_PRECONDITION',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  502: 'UNAVAILABLE',
};

/** The JSON of a refusal in the provider's own shape: what a client does not know it may retry for ever. */
export const refusalBody = (provider: ModelProvider, { status, reason }: GateRefusal): unknown => {
  const message = `ralph: ${reason}`;
  if (provider === 'anthropic')
    return { type: 'error', error: { type: ANTHROPIC_TYPES[status] ?? 'invalid_request_error', message } };
  if (provider === 'gemini')
    return { error: { code: status, message, status: GEMINI_STATUS[status] ?? 'INVALID_ARGUMENT' } };
  return {
    error: { message, type: status === 502 ? 'server_error' : 'invalid_request_error', code: 'ralph_gate' },
  };
};

/** The event that ends a stream which the gate cuts. */
export const cutEvent = (provider: ModelProvider, reason: string): string => {
  const body = refusalBody(provider, { status: 400, reason });
  if (provider === 'anthropic') return `\n\nevent: error\ndata: ${JSON.stringify(body)}\n\n`;
  if (provider === 'gemini') return `\n\ndata: ${JSON.stringify(body)}\n\n`;
  const message = `ralph: ${reason}`;
  return `\n\nevent: error\ndata: ${JSON.stringify({ type: 'error', code: 'ralph_gate', message, error: { message, type: 'invalid_request_error', code: 'ralph_gate' } })}\n\n`;
};
