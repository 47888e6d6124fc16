// Verification by emoji, as a person does it who trusts what the screen shows.
import { VerificationPhase, VerificationRequestEvent, VerifierEvent } from "matrix-js-sdk/lib/crypto-api/index.js";

// verifyInRoom asks `user` in `room`, confirms whatever emoji come up, and
// resolves when both sides are done.
export async function verifyInRoom(crypto, room, user, timeout = 30_000) {
    const request = await crypto.requestVerificationDM(user, room);
    await until(request, (phase) => phase === VerificationPhase.Ready, timeout);
    const verifier = await request.startVerification("m.sas.v1");
    let emoji = [];
    verifier.on(VerifierEvent.ShowSas, (sas) => {
        emoji = (sas.sas.emoji ?? []).map(([, name]) => name);
        void sas.confirm();
    });
    await verifier.verify();
    await until(request, (phase) => phase === VerificationPhase.Done, timeout);
    return { emoji };
}

function until(request, wanted, timeout) {
    return new Promise((resolve, reject) => {
        const finish = (settle, value) => {
            clearTimeout(timer);
            request.off(VerificationRequestEvent.Change, look);
            settle(value);
        };
        const look = () => {
            if (wanted(request.phase)) finish(resolve);
            else if (request.phase === VerificationPhase.Cancelled) finish(reject, new Error(`verification cancelled: ${request.cancellationCode}`));
        };
        const timer = setTimeout(() => finish(reject, new Error(`verification stays in phase ${request.phase}`)), timeout);
        request.on(VerificationRequestEvent.Change, look);
        look();
    });
}
