// Keeps the token of a login in the tab's session storage: it outlives a reload, no request carries
// it, and neither other tabs nor pages of other ports can read it.

const KEY = "drawpad-login";
let reported; // once: a token that the server refuses is not sent again and again

export default function ({ data: { keep }, setTriggerValue }) {
  try {
    if (keep) {
      sessionStorage.setItem(KEY, keep);
      reported = undefined;
    } else if (keep === "") {
      sessionStorage.removeItem(KEY);
    } else {
      const token = sessionStorage.getItem(KEY);
      if (token && token !== reported) setTriggerValue("token", (reported = token));
    }
  } catch {
    // storage is disabled: a reload asks for the password again
  }
}
