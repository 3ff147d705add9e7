// The npm package "solc" behind the command line of the native compiler, so that
// py-solc-x and Brownie compile offline with the very build that Hardhat uses.
// Understood: --version, --standard-json [FILE], --base-path, --include-path, --allow-paths.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const USAGE = "solc.cjs: only --version and --standard-json are supported\n";

function parse(argv) {
  const options = { version: false, standardJson: false, file: null, base: "", include: [], allow: [] };
  const rest = [...argv];
  while (rest.length > 0) {
    const argument = rest.shift();
    const [flag, inline] = argument.startsWith("--") ? argument.split(/=(.*)/s) : [argument];
    const value = () => inline ?? rest.shift() ?? "";
    switch (flag) {
      case "--version": options.version = true; break;
      case "--standard-json": options.standardJson = true; break;
      case "--base-path": options.base = value(); break;
      case "--include-path": options.include.push(value()); break;
      case "--allow-paths": options.allow.push(...value().split(",").filter(Boolean)); break;
      case "-": break;
      default:
        if (flag.startsWith("-")) throw new Error(`solc.cjs: unknown option ${flag}`);
        options.file = argument;
    }
  }
  return options;
}

// Loading the compiler takes 0.3 s and callers ask for the version before every
// compilation; it is a constant of the installed package.
function version() {
  const packageJson = require("solc/package.json");
  const cache = path.join(path.dirname(require.resolve("solc/package.json")), `.long-version-${packageJson.version}`);
  try {
    return fs.readFileSync(cache, "utf8");
  } catch {
    const text = require("solc").version();
    try {
      fs.writeFileSync(cache, text);
    } catch {
      // A read-only installation only loses the shortcut.
    }
    return text;
  }
}

function realPath(file) {
  try {
    return fs.realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}

// Sources come inline or from below the named folders, never from elsewhere.
function reader(options) {
  const roots = [options.base, ...options.include];
  const allowed = [options.base || ".", ...options.include, ...options.allow].map(realPath);
  return (source) => {
    for (const root of roots) {
      const file = realPath(path.isAbsolute(source) ? source : path.join(root, source));
      if (!fs.existsSync(file)) continue;
      if (!allowed.some((folder) => file === folder || file.startsWith(folder + path.sep))) {
        return { error: `${source} lies outside the allowed folders` };
      }
      return { contents: fs.readFileSync(file, "utf8") };
    }
    return { error: `${source} not found` };
  };
}

function main() {
  const options = parse(process.argv.slice(2));
  if (options.version) {
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${version()}\n`);
  } else if (options.standardJson) {
    const input = fs.readFileSync(options.file ?? 0, "utf8");
    process.stdout.write(`${require("solc").compile(input, { import: reader(options) })}\n`);
  } else {
    throw new Error(USAGE);
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
