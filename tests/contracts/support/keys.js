// Development keys of both kinds of controller, made from a label: every run has the same ones.
// P-256 signs sha256(payload) and supplies x‖y‖r‖s (128 bytes); secp256k1 signs keccak256(payload), r‖s‖v (65 bytes).
import { createECDH, createHash, createPrivateKey, sign as nodeSign } from "node:crypto";
import { concat, dataSlice, getBytes, hexlify, keccak256, SigningKey, toBeHex, zeroPadValue } from "ethers";

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const word = (value) => zeroPadValue(toBeHex(value), 32);

function scalar(label, order) {
  const digest = createHash("sha512").update(`development key: ${label}`).digest("hex");
  return (BigInt(`0x${digest}`) % (order - 1n)) + 1n;
}

class P256Key {
  kind = 2;

  constructor(label) {
    this.label = label;
    const secret = Buffer.from(word(scalar(label, P256_ORDER)).slice(2), "hex");
    const pair = createECDH("prime256v1");
    pair.setPrivateKey(secret);
    const point = pair.getPublicKey(); // 04 ‖ x ‖ y
    this.x = hexlify(point.subarray(1, 33));
    this.y = hexlify(point.subarray(33));
    const part = (bytes) => bytes.toString("base64url");
    this.secret = createPrivateKey({
      format: "jwk",
      key: { kty: "EC", crv: "P-256", d: part(secret), x: part(point.subarray(1, 33)), y: part(point.subarray(33)) },
    });
    this.controller = concat(["0x02", dataSlice(keccak256(concat([this.x, this.y])), 12)]);
  }

  /** x‖y‖r‖s; `highS`: the malleable twin. */
  sign(payload, { highS = false } = {}) {
    const pair = nodeSign("sha256", getBytes(payload), { key: this.secret, dsaEncoding: "ieee-p1363" });
    const s = BigInt(hexlify(pair.subarray(32)));
    const low = s > P256_ORDER / 2n ? P256_ORDER - s : s;
    return concat([this.x, this.y, hexlify(pair.subarray(0, 32)), word(highS ? P256_ORDER - low : low)]);
  }
}

class Secp256k1Key {
  kind = 1;

  constructor(label) {
    this.label = label;
    this.secret = new SigningKey(word(scalar(label, SECP256K1_ORDER)));
    this.address = dataSlice(keccak256(dataSlice(this.secret.publicKey, 1)), 12);
    this.controller = concat(["0x01", this.address]);
  }

  /** r‖s‖v; `highS`: the malleable twin. */
  sign(payload, { highS = false } = {}) {
    const { r, s, v } = this.secret.sign(keccak256(payload));
    if (!highS) return concat([r, s, toBeHex(v)]);
    return concat([r, word(SECP256K1_ORDER - BigInt(s)), toBeHex(v === 27 ? 28 : 27)]);
  }
}

const KINDS = { p256: P256Key, secp256k1: Secp256k1Key };

/** A key of a curve ("p256" or "secp256k1"); the same label on another curve is another key. */
export const key = (label, curve = "p256") => new KINDS[curve](label);
