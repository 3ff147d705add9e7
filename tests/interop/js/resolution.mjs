// did-resolver, with our driver of a few lines.
import { Resolver } from "did-resolver";
import { getResolver } from "../../../deploy/did-resolver-driver/index.mjs";

export const resolution = {
  async "did.resolve"({ url, base, options }) {
    return new Resolver(getResolver({ base })).resolve(url, options);
  },
};
