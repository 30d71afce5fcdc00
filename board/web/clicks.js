// A double click on a button that starts something is one click: it would start it twice.

(() => {
  if (window.drawpadClicks) return; // this script runs each time a page is drawn
  window.drawpadClicks = true;
  const listen = (event) => {
    if (event.detail > 1 && event.target.closest("[data-testid^=stBaseButton-primary]")) {
      event.stopImmediatePropagation();
      event.preventDefault();
    }
  };
  window.addEventListener("click", listen, true);
})();
