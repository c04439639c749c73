// Asks for the token of an endpoint that wants one, in a dialog; it is kept for this tab (`api.js`).

import { byId } from "./dom.js";

/** Resolves to what the user gave. `isWrong`: what was given before was not right. */
export function askToken(isWrong) {
  const dialog = byId("sign-in");
  byId("sign-in-wrong").hidden = !isWrong;
  byId("token").value = "";
  // There is nothing behind it without a token.
  dialog.onclose = () => byId("token").value.trim() || dialog.showModal();
  dialog.showModal();
  return new Promise((resolve) => {
    byId("sign-in-form").onsubmit = (event) => {
      event.preventDefault();
      const token = byId("token").value.trim();
      if (!token) return;
      dialog.close();
      resolve(token);
    };
  });
}
