// Asking the daemon. Answers are JSON; what goes wrong is an `ApiError` with the daemon's own words (RFC 9457).
//
// A daemon that wants a token answers 401. Then `askToken` is called, once for all who wait, and each asks again with
// what it returned. The token is kept for this tab and no longer. Tags (ETag) are the browser's business: it asks again
// with those of its cache.

const KEY = "tenantry-token";

/** The daemon answered with an error, or did not answer (status 0). */
export class ApiError extends Error {
  /** `errors` are those of parameters, `{parameter, detail}`, if there are any. */
  constructor(status, detail, errors = []) {
    super(detail);
    Object.assign(this, { status, errors });
  }
}

export class Api {
  /** `askToken(isWrong)` resolves to what the user gave; `isWrong` says that there was one and it was not right. */
  constructor(askToken) {
    this._askToken = askToken;
    this._asking = null;
  }

  /** The answer to a question. */
  async get(path, parameters = {}) {
    const response = await this.open(path, parameters);
    return response.json();
  }

  /** All items of a question that is answered in pages, a page at a time. */
  async *pages(path, parameters = {}, limit = 1000) {
    let after;
    do {
      const page = await this.get(path, { ...parameters, limit, after });
      yield page.items;
      after = page.next ?? undefined;
    } while (after !== undefined);
  }

  /** The response itself, of which the body was not read; it is one of success. */
  async open(path, parameters = {}, options = {}) {
    const known = Object.entries(parameters).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(known).toString();
    const address = `/api/v1/${path}${query && "?"}${query}`;
    for (;;) {
      const token = sessionStorage.getItem(KEY);
      const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
      const response = await fetch(address, { ...options, headers }).catch((error) => {
        throw new ApiError(0, error.name === "AbortError" ? "given up" : "the daemon does not answer");
      });
      if (response.ok) return response;
      if (response.status !== 401) throw await errorOf(response);
      if (token === sessionStorage.getItem(KEY)) await this._renewToken(token);
    }
  }

  async _renewToken(old) {
    this._asking ??= this._askToken(old !== null);
    try {
      sessionStorage.setItem(KEY, await this._asking);
    } finally {
      this._asking = null;
    }
  }
}

async function errorOf(response) {
  try {
    const { detail, errors } = await response.json();
    return new ApiError(response.status, detail, errors);
  } catch {
    return new ApiError(response.status, `the daemon answered with status ${response.status}`);
  }
}
