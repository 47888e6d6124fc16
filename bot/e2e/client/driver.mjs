// A person with a real Matrix client, driven over standard input and output: a
// request a line in, an answer a line out, in any order, matched by id. The
// process ends at the end of its input.
import { createInterface } from "node:readline";

// Standard output is for answers; the libraries may only speak on stderr.
for (const level of ["log", "info", "debug", "trace", "warn", "error"]) {
    console[level] = level !== "error" ? () => {} : (...words) => process.stderr.write(words.map(String).join(" ") + "\n");
}

const { Person } = await import("./person.mjs");

const person = new Person();

async function answer(line) {
    const { id, do: what, with: args } = JSON.parse(line);
    let out;
    try {
        if (!Person.verbs.includes(what)) throw new Error(`no such request: ${what}`);
        out = { id, ok: (await person[what](args ?? {})) ?? null };
    } catch (err) {
        out = { id, error: String(err?.message ?? err) };
    }
    process.stdout.write(JSON.stringify(out) + "\n");
}

process.on("unhandledRejection", (err) => process.stderr.write(`unhandled: ${err?.stack ?? err}\n`));
const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", (line) => void answer(line));
lines.on("close", () => process.exit(0));
process.stdout.write(JSON.stringify({ ready: true }) + "\n");
