// Hardhat 3 (ESM, Node.js >= 22.13): the contracts' own test-suites. It compiles with the npm package "solc", so
// nothing is downloaded, and with the settings of contracts/compiler.json, as py-solc-x and Brownie do.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "hardhat/config";
import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import hardhatMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";

const compiler = JSON.parse(readFileSync(new URL("contracts/compiler.json", import.meta.url), "utf8"));

// A ledger inside the process; blocks carry no fee, as on our networks.
const simulated = (hardfork) => ({
  type: "edr-simulated",
  hardfork,
  initialBaseFeePerGas: 0,
  allowBlocksWithSameTimestamp: true,
});

export default defineConfig({
  plugins: [hardhatEthers, hardhatMatchers, hardhatMocha],
  solidity: {
    version: compiler.solc,
    path: fileURLToPath(import.meta.resolve("solc/soljson.js")), // a text file: the WebAssembly build
    settings: compiler.settings,
  },
  paths: {
    sources: compiler.sources,
    tests: { mocha: "tests/contracts/hardhat", solidity: "tests/contracts/solidity" },
    cache: "build/hardhat-cache",
    artifacts: "build/hardhat",
  },
  networks: {
    default: simulated("osaka"), // what the embedded ledger and our validators run: the P-256 precompile answers
    osaka: simulated("osaka"),
    cancun: simulated("cancun"), // without it: OpenZeppelin's Solidity verifies P-256
  },
  test: {
    mocha: { timeout: 120_000 },
    solidity: { fuzz: { runs: 256 }, invariant: { runs: 64, depth: 32 } },
  },
});
