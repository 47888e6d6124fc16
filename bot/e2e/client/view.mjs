// How the person's client shows an event.
import { RelationType } from "matrix-js-sdk";

// describe gives the parts of a decrypted event that a person could see.
export async function describe(client, event) {
    const info = event.isEncrypted() ? await client.getCrypto().getEncryptionInfoForEvent(event) : null;
    const relation = event.getRelation() ?? {};
    const content = event.getOriginalContent();
    const newest = event.replacingEvent();
    return {
        id: event.getId(),
        sender: event.getSender(),
        type: event.getType(),
        state: event.isState(),
        msgtype: content.msgtype ?? "",
        body: content.body ?? "",
        // The wording after the last edit, "" when nobody edited it.
        edited: newest ? (newest.getContent()["m.new_content"]?.body ?? newest.getContent().body ?? "") : "",
        // The message that this event edits.
        replaces: relation.rel_type === RelationType.Replace ? relation.event_id : "",
        // The message this event stands under, and the emoji.
        target: relation.rel_type === RelationType.Annotation ? relation.event_id : "",
        key: relation.key ?? "",
        redacted: event.isRedacted(),
        encrypted: event.isEncrypted(),
        unreadable: event.isDecryptionFailure() ? String(event.decryptionFailureReason ?? "unknown") : "",
        // 0 none, 1 grey, 2 red: the warning beside the message.
        shield: info ? info.shieldColour : 0,
        shieldReason: info?.shieldReason ?? 0,
        time: event.getTs(),
    };
}
