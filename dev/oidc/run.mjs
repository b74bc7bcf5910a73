// A real OpenID Connect provider on loopback (oidc-provider), for tests and for looking at things.
//
//     node dev/oidc/run.mjs --redirect URI [--port PORT] [--alg ALG] [--claims JSON]
//
// prints its issuer in one line when it answers, and ends on SIGTERM, on SIGINT, or when its standard
// input is closed: when the process that started it is gone. Without --port a free one is taken. Keys
// are made at each start, so starting it again on the same port is a rotation. Anybody signs in with
// whatever name they type, which becomes the subject and the e-mail address; a name that begins with
// "unverified" has an address that was not verified. --claims are put into every access token.
//
// Clients: "gymhopper" (secret "gymhopper-secret"), "gymhopper-public" (none), and "machine" (secret
// "machine-secret"), which gets access tokens for the API itself (client credentials).

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import http from 'node:http';
import { parseArgs } from 'node:util';

import Provider from 'oidc-provider';

const API = 'urn:gymhopper:api';

const KEYS = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

const { values: chosen } = parseArgs({
  options: {
    redirect: { type: 'string', multiple: true, default: ['http://127.0.0.1/callback'] },
    port: { type: 'string', default: '0' },
    alg: { type: 'string', default: 'RS256' },
    claims: { type: 'string', default: '{}' },
  },
});

// Standard output is for the issuer alone.
console.info = console.error;
console.warn = console.error;

const { privateKey } = KEYS[chosen.alg]();
const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: chosen.alg };
const claims = JSON.parse(chosen.claims);

const everyday = {
  grant_types: ['authorization_code'],
  response_types: ['code'],
  redirect_uris: chosen.redirect,
  id_token_signed_response_alg: chosen.alg,
};

const configuration = {
  clients: [
    { ...everyday, client_id: 'gymhopper', client_secret: 'gymhopper-secret' },
    { ...everyday, client_id: 'gymhopper-public', token_endpoint_auth_method: 'none' },
    {
      client_id: 'machine',
      client_secret: 'machine-secret',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      id_token_signed_response_alg: chosen.alg,
    },
  ],
  jwks: { keys: [key] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  pkce: { required: () => true },
  enabledJWA: { idTokenSigningAlgValues: Object.keys(KEYS) },
  findAccount: (_, name) => ({
    accountId: name,
    claims: () => ({
      sub: name,
      email: name,
      email_verified: !name.startsWith('unverified'),
    }),
  }),
  extraTokenClaims: () => claims,
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_, client) => (client.clientId === 'machine' ? API : undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'identity:read identity:write members:read members:write',
        audience: API,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: chosen.alg } },
      }),
    },
  },
};

// The issuer must be known before the provider is made, and the port before the issuer.
let serve = (_, response) => response.writeHead(503).end();
const server = http.createServer((request, response) => serve(request, response));
server.listen(Number(chosen.port), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  serve = new Provider(issuer, configuration).callback();
  process.stdout.write(`${issuer}\n`);
});

// Signals end it as they end any program: nothing is kept, so there is nothing to do before. When the
// starter is gone it sends itself one, because process.exit() has been seen to wait for ever for a
// thread of the engine's.
const stop = () => process.kill(process.pid, 'SIGTERM');
process.stdin.on('end', stop).on('error', stop).resume();
