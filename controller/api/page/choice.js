// What is chosen: a network, switch, link or tenant, or nothing. It is the part of the address after `#`, so that it can
// be sent to somebody, and the browser's "back" is the way back. Others are told when it changes.

const KINDS = ["network", "switch", "link", "tenant"];

/** `{kind, id}`, or null. */
export function chosen() {
  const [kind, id] = [...new URLSearchParams(location.hash.slice(1))][0] ?? [];
  return KINDS.includes(kind) ? { kind, id } : null;
}

/** Choose something, or nothing. */
export function choose(kind = null, id = "") {
  const hash = kind ? `#${new URLSearchParams({ [kind]: id })}` : "";
  if (hash === location.hash) return;
  history.pushState(null, "", hash || location.pathname);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Call `changed` with the choice after each change. */
export const onChoice = (changed) => addEventListener("hashchange", () => changed(chosen()));
