// What a person does with a Matrix client. Every method whose name is in
// Person.verbs takes one object and resolves to one JSON value.
import { EventEmitter } from "node:events";

import { createClient, ClientEvent, EventType, MatrixEventEvent, MsgType, PendingEventOrdering, RelationType, RoomEvent, RoomMemberEvent } from "matrix-js-sdk";

import { decryptAttachment, encryptAttachment, onePixel } from "./picture.mjs";
import { describe } from "./view.mjs";
import { verifyInRoom } from "./verify.mjs";

// Larger than any batch the tests send, so that no sync leaves a gap.
const TIMELINE_LIMIT = 1000;
const RETRY_EVERY = 100;
const LOOK_EVERY = 10;

export class Person {
    static verbs = [
        "login", "bootstrap", "resetIdentity", "createRoom", "invite", "waitJoined", "waitLeft", "leave", "send", "sendAll", "sendType", "sendPlain",
        "join", "accept", "react", "edit", "redact", "picture", "download", "timeline", "shown", "gone", "wait", "trust", "verify", "readUpTo", "keys", "takeKeys", "stop",
    ];

    #client;
    #password;
    #news = new EventEmitter();
    #strays = new Map(); // by room: events that no sync brought, see #collectStrays
    #retries;

    // Logs in as a new device, with nothing of a login before.
    async login({ homeserver, user, password }) {
        this.#client?.stopClient();
        clearInterval(this.#retries);
        this.#strays.clear();
        const guest = createClient({ baseUrl: homeserver });
        const { user_id, device_id, access_token } = await guest.loginRequest({
            type: "m.login.password",
            identifier: { type: "m.id.user", user },
            password,
        });
        this.#password = password;
        this.#client = createClient({ baseUrl: homeserver, userId: user_id, deviceId: device_id, accessToken: access_token });
        await this.#client.initRustCrypto({ useIndexedDB: false });
        await this.#startSync();
        return { user: user_id, device: device_id, token: access_token };
    }

    // The SDK waits five seconds and more after a lost connection; a person who
    // waits for the answer would press "retry".
    async #startSync() {
        const client = this.#client;
        let state = null;
        const prepared = new Promise((resolve) => {
            client.on(ClientEvent.Sync, (now) => {
                if (now === "SYNCING" && state !== "SYNCING" && state !== "PREPARED") void this.#reopen();
                state = now;
                if (now === "PREPARED") resolve();
            });
        });
        this.#retries = setInterval(() => {
            if (state === "RECONNECTING" || state === "ERROR") client.retryImmediately();
        }, RETRY_EVERY).unref();
        await client.startClient({ initialSyncLimit: TIMELINE_LIMIT, pendingEventOrdering: PendingEventOrdering.Detached });
        await prepared;
    }

    async bootstrap() {
        await this.#crossSign(false);
    }

    // As after all devices were lost: new keys, which sign this device.
    async resetIdentity() {
        await this.#crossSign(true);
    }

    async #crossSign(setupNewCrossSigning) {
        await this.#client.getCrypto().bootstrapCrossSigning({
            setupNewCrossSigning,
            authUploadDeviceSigningKeys: (request) =>
                request({
                    type: "m.login.password",
                    identifier: { type: "m.id.user", user: this.#client.getUserId() },
                    password: this.#password,
                }),
        });
    }

    async createRoom({ invite = [], encrypted }) {
        const options = { preset: "trusted_private_chat", is_direct: true, invite };
        if (encrypted) {
            options.initial_state = [{ type: EventType.RoomEncryption, state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }];
        }
        const { room_id } = await this.#client.createRoom(options);
        await this.#until([[this.#client, ClientEvent.Room]], () => this.#client.getRoom(room_id));
        return { room: room_id };
    }

    async invite({ room, user }) {
        await this.#client.invite(room, user);
    }

    async join({ room }) {
        await this.#client.joinRoom(room);
    }

    // Waits for an invitation into a room of this name, or into any, and accepts it.
    async accept({ name, timeout }) {
        const invited = () => this.#client.getRooms().find((room) => (name === "" || room.name === name) && room.getMyMembership() === "invite");
        const room = await this.#until([[this.#client, ClientEvent.Room], [this.#client, RoomEvent.MyMembership], [this.#client, RoomEvent.Name]], invited, timeout);
        await this.#client.joinRoom(room.roomId);
        const joined = () => this.#client.getRoom(room.roomId)?.getMyMembership() === "join";
        await this.#until([[this.#client, RoomEvent.MyMembership]], joined, timeout);
        return { room: room.roomId };
    }

    async leave({ room }) {
        await this.#client.leave(room);
    }

    async waitLeft({ room, user, timeout }) {
        const left = () => this.#client.getRoom(room)?.getMember(user)?.membership === "leave";
        await this.#until([[this.#client, RoomMemberEvent.Membership]], left, timeout);
    }

    async waitJoined({ room, user, timeout }) {
        const joined = () => this.#client.getRoom(room)?.getMember(user)?.membership === "join";
        await this.#until([[this.#client, RoomMemberEvent.Membership]], joined, timeout);
    }

    async send({ room, body }) {
        return { event: await this.#post(room, EventType.RoomMessage, { msgtype: MsgType.Text, body }) };
    }

    async sendAll({ room, bodies }) {
        const events = [];
        for (const body of bodies) events.push((await this.send({ room, body })).event);
        return { events };
    }

    async sendType({ room, type, content }) {
        return { event: await this.#post(room, type, content) };
    }

    // Goes around the SDK, which would encrypt.
    async sendPlain({ room, body }) {
        const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${crypto.randomUUID()}`;
        const resp = await fetch(this.#client.getHomeserverUrl() + path, {
            method: "PUT",
            headers: { authorization: `Bearer ${this.#client.getAccessToken()}`, "content-type": "application/json" },
            body: JSON.stringify({ msgtype: MsgType.Text, body }),
        });
        const answer = await resp.json();
        if (!resp.ok) throw new Error(`${resp.status} ${answer.errcode}`);
        return { event: answer.event_id };
    }

    async react({ room, event, key }) {
        const relation = { rel_type: RelationType.Annotation, event_id: event, key };
        return { event: await this.#post(room, EventType.Reaction, { "m.relates_to": relation }) };
    }

    async edit({ room, event, body }) {
        const content = {
            "msgtype": MsgType.Text,
            "body": `* ${body}`,
            "m.new_content": { msgtype: MsgType.Text, body },
            "m.relates_to": { rel_type: RelationType.Replace, event_id: event },
        };
        return { event: await this.#post(room, EventType.RoomMessage, content) };
    }

    async redact({ room, event }) {
        return { event: (await this.#client.redactEvent(room, event)).event_id };
    }

    async picture({ room, body }) {
        const { bytes, file } = await encryptAttachment(onePixel);
        const { content_uri } = await this.#client.uploadContent(new Blob([bytes]), { type: "application/octet-stream" });
        const content = { msgtype: MsgType.Image, body, info: { mimetype: "image/png", w: 1, h: 1, size: onePixel.length }, file: { ...file, url: content_uri } };
        return { event: await this.#post(room, EventType.RoomMessage, content) };
    }

    // Everything in the room that this device can see, oldest first.
    // download fetches and decrypts the picture or file of a message.
    async download({ room, event }) {
        const found = (await this.#history(room)).find((e) => e.getId() === event);
        const content = found?.getOriginalContent();
        if (!content?.file) throw new Error("no encrypted attachment in this message");
        const url = this.#client.mxcUrlToHttp(content.file.url, undefined, undefined, undefined, false, true, true);
        const got = await fetch(url, { headers: { Authorization: `Bearer ${this.#client.getAccessToken()}` } });
        if (!got.ok) throw new Error(`download: HTTP ${got.status}`);
        const data = await decryptAttachment(Buffer.from(await got.arrayBuffer()), content.file);
        return { data: data.toString("base64"), name: content.filename ?? content.body, kind: content.info?.mimetype ?? "" };
    }

    async timeline({ room }) {
        const events = await this.#history(room);
        return { events: await Promise.all(events.map((event) => describe(this.#client, event))) };
    }

    // Resolves when the client shows what an event says: the event itself, or the
    // one that it edits with the new wording.
    async shown({ room, event, timeout }) {
        const found = () => {
            const all = this.#view(room);
            const is = (id) => all.find((e) => e.getId() === id);
            const it = is(event);
            if (!it || it.isBeingDecrypted() || it.isDecryptionFailure() || it.getType() === EventType.RoomMessageEncrypted) return undefined;
            if (!it.isRelation(RelationType.Replace)) return it;
            const target = is(it.getRelation().event_id);
            return target?.replacingEventId() === event ? target : undefined;
        };
        return { event: await describe(this.#client, await look(found, timeout)) };
    }

    // Resolves when the client no longer shows an event.
    async gone({ room, event, timeout }) {
        await look(() => this.#view(room).find((e) => e.getId() === event)?.isRedacted(), timeout);
    }

    // Resolves when `count` readable messages of `from` (each with one of the
    // texts `any` in it) are there, not counting the first `after` messages of
    // that sender. `upTo` is how many messages of the sender there are up to the
    // last one found.
    async wait({ room, from, count, any, after, timeout }) {
        const found = () => {
            const heard = this.#view(room).filter((e) => e.getSender() === from && isMessage(e));
            const fits = (e) => any.length === 0 || any.some((text) => (e.getContent().body ?? "").includes(text));
            const hits = heard.map((event, i) => ({ event, i })).filter(({ event, i }) => i >= after && fits(event));
            return hits.length >= count ? hits : undefined;
        };
        const sources = [[this.#client, RoomEvent.Timeline], [this.#client, MatrixEventEvent.Decrypted], [this.#news, "stray"]];
        const hits = await this.#until(sources, found, timeout);
        return { events: await Promise.all(hits.map(({ event }) => describe(this.#client, event))), upTo: hits[count - 1].i + 1 };
    }

    async trust({ user }) {
        const api = this.#client.getCrypto();
        const known = (await api.getUserDeviceInfo([user], true)).get(user) ?? new Map();
        const devices = [];
        for (const id of known.keys()) {
            const status = await api.getDeviceVerificationStatus(user, id);
            devices.push({ id, signedByOwner: Boolean(status?.signedByOwner), verified: Boolean(status?.isVerified()) });
        }
        const status = await api.getUserVerificationStatus(user);
        return { verified: status.isVerified(), devices };
    }

    async verify({ room, user, timeout }) {
        return verifyInRoom(this.#client.getCrypto(), room, user, timeout);
    }

    async readUpTo({ room, user }) {
        return { event: this.#client.getRoom(room)?.getEventReadUpTo(user) ?? "" };
    }

    // What a key backup holds: every key of a room that this device has.
    async keys() {
        return { keys: await this.#client.getCrypto().exportRoomKeysAsJson() };
    }

    async takeKeys({ keys }) {
        await this.#client.getCrypto().importRoomKeysAsJson(keys);
    }

    async stop() {
        this.#client?.stopClient();
    }

    // Sends until the server has it or refuses it. A lost connection may leave the
    // same words in the room twice; whoever counts must count what is in the room.
    async #post(room, type, content) {
        for (;;) {
            try {
                return (await this.#client.sendEvent(room, type, content)).event_id;
            } catch (err) {
                if (err.httpStatus >= 400 && err.httpStatus < 500) throw err;
                for (const pending of this.#client.getRoom(room)?.getPendingEvents() ?? []) {
                    if (pending.status === "not_sent") this.#client.cancelPendingEvent(pending);
                }
                await new Promise((resolve) => setTimeout(resolve, RETRY_EVERY));
            }
        }
    }

    // What the person sees on scrolling up, after the connection was lost.
    async #reopen() {
        for (const room of this.#client.getRooms()) {
            await this.#collectStrays(room.roomId, 1).catch(() => {}); // the next reconnection tries again
        }
    }

    // A homeserver that is being stopped may answer a sync with a token beyond
    // events that it does not give. They are in the room all the same.
    async #collectStrays(room, pages) {
        const client = this.#client;
        let from = null;
        for (let page = 0; page < pages; page++) {
            const { chunk, end } = await client.createMessagesRequest(room, from, 100, "b");
            const known = new Set(this.#view(room).map((event) => event.getId()));
            const strays = chunk.filter((raw) => !known.has(raw.event_id)).map(client.getEventMapper());
            await Promise.all(strays.map((event) => event.getDecryptionPromise()));
            this.#strays.set(room, [...(this.#strays.get(room) ?? []), ...strays.reverse()]);
            if (strays.length > 0) this.#news.emit("stray");
            if (!end || chunk.length === 0) return;
            from = end;
        }
    }

    // Every event of the room that is known, oldest first; strays come last.
    #view(room) {
        const live = this.#client.getRoom(room)?.getLiveTimeline().getEvents() ?? [];
        const known = new Set(live.map((event) => event.getId()));
        return [...live, ...(this.#strays.get(room) ?? []).filter((event) => !known.has(event.getId()))];
    }

    async #history(room) {
        const timeline = this.#client.getRoom(room)?.getLiveTimeline();
        if (!timeline) return [];
        while (await this.#client.paginateEventTimeline(timeline, { backwards: true, limit: 100 }));
        await this.#collectStrays(room, Infinity);
        const events = this.#view(room);
        for (const event of events) {
            if (event.isBeingDecrypted()) await event.getDecryptionPromise();
        }
        return events;
    }

    // Resolves to the first truthy value of check, tried now and at each of the
    // events.
    #until(sources, check, timeout = 30_000) {
        return new Promise((resolve, reject) => {
            const finish = (settle, value) => {
                clearTimeout(timer);
                for (const [emitter, name] of sources) emitter.off(name, look);
                settle(value);
            };
            const look = () => {
                const value = check();
                if (value) finish(resolve, value);
            };
            const timer = setTimeout(() => finish(reject, new Error(`nothing after ${timeout} ms`)), timeout);
            for (const [emitter, name] of sources) emitter.on(name, look);
            look();
        });
    }
}

// Resolves to the first truthy value of check, asked again and again: for what the
// SDK tells by several events or by none.
async function look(check, timeout = 30_000) {
    for (const end = Date.now() + timeout; ; ) {
        const value = check();
        if (value) return value;
        if (Date.now() > end) throw new Error(`nothing after ${timeout} ms`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
}

// A message to read: no edit of an earlier one, and decrypted.
function isMessage(event) {
    return event.getType() === EventType.RoomMessage && !event.isDecryptionFailure() && !event.isRelation(RelationType.Replace);
}
