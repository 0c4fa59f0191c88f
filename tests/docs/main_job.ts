// The main job with a client that hey-api made of the merged document; compiled strictly and run by a test.
import { createClient } from "./client/client";
import * as api from "./client";

const { URL: baseUrl, FRONTLINE, AGENCY } = process.env;
const team = createClient({ baseUrl, auth: FRONTLINE, throwOnError: true });
const receiver = createClient({ baseUrl, auth: AGENCY, throwOnError: true });
const options = { throwOnError: true } as const;

const shown: api.PreviewBody = {
  facts: { age: 29, gender: "F", incident: ["GBV_PARTNER"], wants_report: "yes", needs_shelter: true },
  places: { current: "150101" },
  duty_notice: { told_at: new Date().toISOString(), language: "spa", reaction: "agreed" },
  consent_all_proposed: true,
};
async function main(): Promise<void> {
  const preview = await api.postPreview({ client: team, body: shown, ...options });
  const position = (await api.getEvents({ client: receiver, query: { after: 0, limit: 500 }, ...options })).data.next;
  const registered = await api.postIntake({
    client: team,
    body: {
      ...shown,
      client_record_id: crypto.randomUUID(),
      captured_at: new Date().toISOString(),
      account: "Relato sintético.",
      confirmed_by: "CW-12",
    },
    ...options,
  });
  if (!("case_id" in registered.data)) throw new Error("a report of a third party");
  const path_of_case = { case_id: registered.data.case_id };
  const plan = await api.getPlan({ client: team, path: path_of_case, query: { wait: 10 }, ...options });
  if (plan.data.referrals.length !== preview.data.referrals.length) throw new Error("not the plan that was shown");

  let after = position;
  let offer: api.CloudEvent | undefined;
  while (offer === undefined) {
    const page = await api.getEvents({ client: receiver, query: { after, wait: 10 }, ...options });
    if (page.data.events.length === 0) throw new Error("no offer within ten seconds");
    offer = page.data.events.find((event) => event.type === "pe.unavez.referral.offered.v1");
    after = page.data.next;
  }
  const path = { referral_id: offer.subject };
  const packet = await api.getPacket({ client: receiver, path, ...options });
  const referral = await api.getReferral({ client: receiver, path, ...options });
  const accepted = await api.postTransition({
    client: receiver,
    path,
    body: { to: "accepted", expected_version: referral.data.version },
    ...options,
  });
  console.log(plan.data.status, typeof packet.data === "object" && packet.data.stage, accepted.data.status);
}

void main();
