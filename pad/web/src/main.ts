// Creates the units of the page and connects them.

import { DrawingSession } from "./drawing/session.ts";
import { replay } from "./drawing/replay.ts";
import { Activity } from "./page/activity.ts";
import { createContext } from "./page/context.ts";
import { EditingControls } from "./page/editing_controls.ts";
import type { Host } from "./page/host.ts";
import { Models } from "./page/models.ts";
import { Pictures } from "./page/pictures.ts";
import { PlaceView } from "./page/place_view.ts";
import { Reader } from "./page/reader.ts";
import { ReadingViews } from "./page/reading_views.ts";
import { bindSharedLink } from "./page/shared_link.ts";
import { VisitStorage } from "./page/visit_storage.ts";
import { labelExampleButtons } from "./ui/example_buttons.ts";
import { bindFocusRing } from "./ui/focus_ring.ts";
import { bindRovingFocus } from "./ui/roving_focus.ts";
import { Texts } from "./ui/texts.ts";

/** Start the page; called once, by the code of js_on_load. */
export function start({ element, props, watch }: Host): void {
  const texts = new Texts();
  const context = createContext({ element, props }, texts.get);
  const { root, part, text, banner } = context;

  const session = new DrawingSession({
    edit: () => {
      reader.lookAtNewest();
      views.clearExplanation();
      activity.edited();
    },
    replace: () => reader.discard(),
    begin: () => {
      visit.dropPicture();
      banner.clear();
      pictures.drop();
    },
    save: () => {
      visit.save();
      activity.saved();
      models.prepare();
    },
    eraseOnPicture: () => banner.show(text("erase_on_picture")),
  }, replay);
  const controls = new EditingControls(context, session, () => visit.save());
  const pictures = new Pictures(context, session, () => activity.show());
  const models = new Models(context, {
    choose: () => session.interruptStroke(),
    use: (description) => {
      views.build(description);
      reader.offerOthers(description);
      session.changed();
    },
    place: () => place.show(),
  });
  const place = new PlaceView(context, session, models);
  const views = new ReadingViews(context, session, models, {
    look: (index) => reader.look(index),
    tab: () => reader.classify(),
    painted: () => activity.proceed(),
  });
  const reader = new Reader(context, session, models, views, {
    asked: () => activity.show(),
    idle: () => activity.proceed(),
  });
  const visit = new VisitStorage(session, controls, pictures, models);
  const activity = new Activity({
    isDrawing: () => session.inProgress,
    isReading: () => views.pending || !reader.idle,
    classify: () => reader.classify(),
    paint: () => {
      controls.paint();
      place.show();
    },
    settle: () => {
      views.settle();
      models.keepCurrent(); // not while one draws
    },
    show: (busy) => {
      root.setAttribute("aria-busy", String(busy));
      // also while the graphs that pictures need are loaded
      part.progress.hidden = !pictures.loading && (!session.drawing.picture || reader.idle);
    },
  });

  bindFocusRing(root);
  for (const group of [part.tools, part.examples, part.row]) bindRovingFocus(group);

  const applyTheme = () => {
    views.recolour();
    controls.paint();
  };
  const translate = () => {
    texts.load(props.value, root);
    labelExampleButtons(part.examples, text);
    place.show();
  };
  new MutationObserver(applyTheme)
    .observe(document.body, { attributes: true, attributeFilter: ["class"] });
  translate();
  watch("value", translate);
  visit.restore();
  applyTheme();
  bindSharedLink(context, session);
}
