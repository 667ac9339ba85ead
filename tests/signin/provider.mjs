// What the TypeScript SDK's two lines ask a program for: where its registration and tokens are kept and
// how the browser is opened. In memory; a second connection is given the same one.
//
// By DCR the client is a program of ours. By CIMD it is Claude Code, whose document Osier has a copy of.
import { openInBrowser } from './listener.mjs';

export const CLAUDE_CODE = 'https://claude.ai/oauth/claude-code-client-metadata';

export class Provider {
  opened = 0;
  registered = 0;

  constructor({ name, redirect, by }) {
    this.redirectUrl = redirect;
    if (by === 'cimd') this.clientMetadataUrl = CLAUDE_CODE;
    this.clientMetadata = {
      client_name: name,
      redirect_uris: [redirect],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      application_type: 'native',
    };
  }

  state() {
    this.lastState = crypto.randomUUID();
    return this.lastState;
  }

  clientInformation() { return this.client; }

  saveClientInformation(client) {
    if (this.client?.client_id !== client.client_id) this.registered += 1;
    this.client = client;
  }

  tokens() { return this.kept; }
  saveTokens(tokens) { this.kept = tokens; }
  discoveryState() { return this.discovered; }
  saveDiscoveryState(state) { this.discovered = state; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  codeVerifier() { return this.verifier; }

  async redirectToAuthorization(url) {
    this.opened += 1;
    this.asked = url;
    await openInBrowser(url);
  }

  // What a client holds when its token has run out: one that the server refuses.
  age() { this.kept = { ...this.kept, access_token: `${this.kept.access_token}A` }; }
}
