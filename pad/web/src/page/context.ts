// What the units of the page are created with.

import { connect, type Server } from "../recognition/server.ts";
import { Banner } from "../ui/banner.ts";
import { find, findParts, type Parts } from "../ui/parts.ts";
import type { Text } from "../ui/texts.ts";
import type { Host, Props } from "./host.ts";

export interface PageContext {
  /** the component */
  readonly element: HTMLElement;
  /** the page's element in it */
  readonly root: HTMLElement;
  readonly part: Parts;
  readonly props: Props;
  readonly text: Text;
  readonly banner: Banner;
  readonly server: Server;
}

export function createContext(
  { element, props }: Pick<Host, "element" | "props">, text: Text,
): PageContext {
  const server = connect(new URL(props.functions, document.baseURI).href);
  const root = find(element, ".drawpad", HTMLElement);
  const part = findParts(root);
  return { element, root, part, props, text, banner: new Banner(root, part.banner, text), server };
}
