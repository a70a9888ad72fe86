// An identity provider for the tests: `node provider.mjs LIBRARY PORT KEY SETTINGS`. It prints its port when it answers.
// Whoever `login_hint` names is signed in, without a page; `nobody` turns back.

import { createServer } from "node:http";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";

// Nobody reads on once the port is known, and what it says of its defaults would break the pipe.
console.info = console.warn = () => {};

const [library, port, kid, settings] = process.argv.slice(2);
const { Provider } = await import(library);
const { accounts, redirectUri, secret } = JSON.parse(settings);

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" })).export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };

const server = createServer();
server.listen(Number(port), "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "client-connect", client_secret: secret, redirect_uris: [redirectUri], response_types: ["code"], grant_types: ["authorization_code"] }],
    jwks: { keys: [key] },
    cookies: { keys: ["of a test"] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on("request", async (request, response) => {
    if (!request.url.startsWith("/interaction/")) return answer(request, response);
    const { params } = await provider.interactionDetails(request, response);
    const result = params.login_hint === "nobody" ? { error: "access_denied" } : { login: { accountId: params.login_hint } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  });
  console.log(server.address().port);
});
