// The browser's button Back leaves a page at once. Streamlit adds an entry to the tab's history for
// each change of the address, also where a page only adds what it shows to its own address, and where
// the answer for a page comes after the next Back has left it.

(() => {
  if (window.drawpadAddress) return; // this script runs each time a page is drawn
  window.drawpadAddress = true;
  const add = history.pushState.bind(history);
  const passed = new Set(); // pages that Back and Forward have led to since the last click
  window.addEventListener("popstate", () => passed.add(location.pathname), true);
  window.addEventListener("click", () => passed.clear(), true);
  history.pushState = (state, title, url) => {
    const { pathname } = new URL(url ?? location.href, location.href);
    // the address without a page opens the page Runs
    const same = pathname === location.pathname || location.pathname.endsWith("/");
    if (!same && passed.has(pathname)) return;
    return same ? history.replaceState(state, title, url) : add(state, title, url);
  };
})();
