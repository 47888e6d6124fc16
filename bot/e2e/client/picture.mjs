// A picture as clients send it into an encrypted room.

// A PNG of one pixel.
export const onePixel = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
);

// decryptAttachment is the reverse of encryptAttachment. It refuses what was
// changed on the way.
export async function decryptAttachment(sealed, file) {
    const subtle = globalThis.crypto.subtle;
    const hash = Buffer.from(await subtle.digest("SHA-256", sealed)).toString("base64").replace(/=+$/, "");
    if (hash !== file.hashes.sha256) throw new Error("the attachment is not what was sent");
    const key = await subtle.importKey("jwk", file.key, { name: "AES-CTR" }, false, ["decrypt"]);
    const counter = Buffer.from(file.iv, "base64");
    return Buffer.from(await subtle.decrypt({ name: "AES-CTR", counter, length: 64 }, key, sealed));
}

// encryptAttachment returns the ciphertext to upload and the "file" part of the
// event, without its address.
export async function encryptAttachment(plain) {
    const subtle = globalThis.crypto.subtle;
    const iv = new Uint8Array(16);
    globalThis.crypto.getRandomValues(iv.subarray(0, 8)); // the lower half counts blocks
    const key = await subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt", "decrypt"]);
    const bytes = Buffer.from(await subtle.encrypt({ name: "AES-CTR", counter: iv, length: 64 }, key, plain));
    const hash = Buffer.from(await subtle.digest("SHA-256", bytes));
    const bare = (data) => Buffer.from(data).toString("base64").replace(/=+$/, "");
    const { kty, k, alg } = await subtle.exportKey("jwk", key);
    return {
        bytes,
        file: { v: "v2", key: { kty, k, alg, ext: true, key_ops: ["encrypt", "decrypt"] }, iv: bare(iv), hashes: { sha256: bare(hash) } },
    };
}
