import type { FastifyReply, FastifyRequest } from 'fastify';

const ALLOWED_HEADERS = 'X-Sotto-Key, X-Sotto-Visitor, Authorization, Sec-GPC, Content-Type';
const PREFLIGHT_SECONDS = 86_400;

/**
 * Storefronts on any origin may call with a publishable key: there are no cookies to ride on. An answer to a secret
 * key carries no permission, so no page can read it.
 */
export function answerCors(request: FastifyRequest, reply: FastifyReply): void {
  if (String(request.headers['x-sotto-key'] ?? '').startsWith('sk_')) return;
  reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', 'X-Request-Id');
}

/** The browser's question before it sends custom headers. */
export function answerPreflight(_request: FastifyRequest, reply: FastifyReply) {
  return reply
    .code(204)
    .header('access-control-allow-methods', 'GET, POST')
    .header('access-control-allow-headers', ALLOWED_HEADERS)
    .header('access-control-max-age', PREFLIGHT_SECONDS)
    .send();
}
