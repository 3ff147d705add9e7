// A standing registry: council -> ministry -> agency, with desks, a type, a list and a holder; for one curve.
import { dataSlice, id as keccakText } from "ethers";
import { key } from "./keys.js";
import { didId, documentOf, HOUR, ROLE, salt, World, YEAR } from "./world.js";

export const VCT = "https://mapae.invalid/vct/civil-servant/v1";
export const TYPE = keccakText(VCT);

/** Keys of the story, on one curve: `stranger` is nobody's. */
export function castOf(curve) {
  const names = ["ministry", "agency", "successor", "endorser", "agencyEndorser", "desk", "issuer", "stranger", "gate"];
  return Object.fromEntries(names.map((name) => [name, key(name, curve)]));
}

export class Story extends World {
  static async tell({ curve = "p256", ...options } = {}) {
    const story = await Story.found(options);
    story.keys = castOf(curve);
    story.holder = key("holder");
    await story.#admit();
    await story.#equip();
    await story.advance(HOUR); // whatever the story gave has been held for a while
    return story;
  }

  organisationId(controller, label) {
    return didId(1, controller.controller, salt(label));
  }

  async #admit() {
    const { keys } = this;
    this.until = (await this.now()) + 2n * YEAR;
    this.ministryId = this.organisationId(keys.ministry, "ministry");
    this.agencyId = this.organisationId(keys.agency, "agency");
    this.gateId = this.organisationId(keys.gate, "gate");
    await this.decide("Admit", this.ministryId, keys.endorser.controller, this.until);
    await this.createOrganisation("ministry", keys.ministry, this.ministryId, keys.endorser);
    const from = await this.now();
    await this.decide("GrantRoot", this.ministryId, TYPE, from, this.until, true, true);
    await this.submit(
      "AdmitAgency",
      { root: this.ministryId, agency: this.agencyId, endorser: keys.agencyEndorser.controller, until: this.until, nonce: 0n },
      keys.ministry,
    );
    await this.createOrganisation("agency", keys.agency, this.ministryId, keys.endorser);
    await this.createOrganisation("gate", keys.gate, this.ministryId, keys.endorser);
  }

  async #equip() {
    const { keys } = this;
    const from = await this.now();
    await this.submit(
      "Accredit",
      {
        grantor: this.ministryId,
        grantorSeq: 1,
        agency: this.agencyId,
        typeId: TYPE,
        expectedSeq: 1,
        from,
        until: this.until,
        mayIssue: true,
        mayAccredit: true,
      },
      keys.ministry,
    );
    await this.grantRole(ROLE.StatusOperator, keys.desk);
    await this.grantRole(ROLE.IssuanceOperator, keys.issuer);
    await this.submit("OpenList", { owner: this.agencyId, salt: salt("list") }, keys.desk);
    this.list = await this.listId(this.agencyId, "list");
    await this.submit(
      "RegisterSchema",
      { owner: this.ministryId, vct: VCT, expectedVersion: 1, document: documentOf("schema") },
      keys.ministry,
    );
    await this.createHolder("holder", this.holder, this.agencyId, keys.agencyEndorser);
    this.holderId = didId(2, this.holder.controller, salt("holder"));
  }

  createOrganisation(label, controller, agency, endorser) {
    const message = { controller: controller.controller, salt: salt(label), agency, document: documentOf(label) };
    return this.submit("CreateOrganisation", message, controller, endorser);
  }

  createHolder(label, phone, guardian, endorser) {
    const message = { x: phone.x, y: phone.y, salt: salt(label), guardian };
    return this.submit("CreateHolder", message, phone, endorser);
  }

  async grantRole(role, grantee, { agency = this.agencyId, by = this.keys.agency, until = this.until } = {}) {
    const nonce = await this.nonce("Roles", by);
    return this.submit("GrantRole", { agency, role, grantee: grantee.controller, until, nonce }, by);
  }

  async endRole(role, grantee, { agency = this.agencyId, by = this.keys.agency } = {}) {
    const nonce = await this.nonce("Roles", by);
    return this.submit("EndRole", { agency, role, grantee: grantee.controller, nonce }, by);
  }

  async listId(owner, label) {
    const { StatusRegistry } = this.contracts;
    const preimage = this.ethers.AbiCoder.defaultAbiCoder().encode(
      ["address", "bytes20", "bytes32"],
      [await StatusRegistry.getAddress(), owner, salt(label)],
    );
    return this.ethers.keccak256(preimage);
  }
}

export const thumbprint = (label) => dataSlice(keccakText(`thumbprint ${label}`), 0, 32);
