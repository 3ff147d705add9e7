// A VC-API client of theirs: the HTTP client that the W3C suites' implementations are driven with.
import { httpClient } from "@digitalbazaar/http-client";

export const vcApi = {
  async "api.post"({ url, body }) {
    try {
      const { status, data } = await httpClient.post(url, { json: body });
      return { status, data };
    } catch (error) {
      if (error.status === undefined) {
        throw error;
      }
      return { status: error.status, data: error.data ?? null };
    }
  },
};
