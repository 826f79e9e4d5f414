import { verify, type KeyObject } from 'node:crypto';
import type { JsonObject } from './github-openapi.ts';
import { NOT_FOUND, refusal, ROUTE, type Operation } from './github-operations.ts';

/** A GitHub App that may ask for tokens. */
export interface FakeApp {
  readonly id: string;
  /** The public one. */
  readonly key: KeyObject;
  permissions: Record<string, string>;
  installed: boolean;
  /** Different for each server: the client library shares what is under way by this number. */
  readonly installation: number;
}

/** RS256, as GitHub checks it. */
export const isAppJwt = (app: FakeApp | undefined, header: string): boolean => {
  const [head, payload, signature] = header.replace(/^bearer /i, '').split('.');
  if (!app || !head || !payload || !signature) return false;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    iss?: unknown;
    exp?: number;
  };
  const signed = Buffer.from(`${head}.${payload}`);
  const isSigned = verify('RSA-SHA256', signed, app.key, Buffer.from(signature, 'base64url'));
  return isSigned && String(claims.iss) === app.id && (claims.exp ?? 0) > Date.now() / 1000;
};

/** What an App asks for itself; `mint` makes a token good. */
export const appOperations = (at: {
  readonly app: () => FakeApp | undefined;
  readonly repository: string;
  readonly mint: () => string;
}): Readonly<Record<string, Operation>> => {
  const permissions = (): JsonObject => ({ ...at.app()?.permissions });
  return {
    'GET /app': () => ({ status: 200, body: { id: 1, slug: 'ralph-app', permissions: permissions() } }),
    [`GET ${ROUTE}/installation`]: () =>
      at.app()?.installed
        ? {
            status: 200,
            body: { id: at.app()?.installation ?? 0, permissions: permissions(), suspended_at: null },
          }
        : NOT_FOUND,
    'POST /app/installations/{installation_id}/access_tokens': ({ id, body }) => {
      if (Number(id) !== at.app()?.installation || !at.app()?.installed) return NOT_FOUND;
      if (JSON.stringify(body['repositories']) !== JSON.stringify([at.repository]))
        return refusal(422, 'There is at least one repository that does not exist');
      const expires = new Date(Date.now() + 3600_000).toISOString();
      return { status: 201, body: { token: at.mint(), expires_at: expires } };
    },
  };
};
