type Child = Node | string;

/**
 * Creates an element with a class and children. Text becomes text nodes and is never read as HTML.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag);
  if (className) created.className = className;
  created.append(...children);
  return created;
}

/** Creates a button that submits no form. */
export function button(className: string, label: string, onClick: () => void): HTMLButtonElement {
  const created = element("button", className, label);
  created.type = "button";
  created.addEventListener("click", onClick);
  return created;
}

/** Sets a text. The same text does not touch the page. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Sets the children of an element. The same children are not touched, because moving loses the
 * focus.
 */
export function arrange(parent: HTMLElement, children: readonly HTMLElement[]): void {
  const isInPlace = (child: HTMLElement, index: number) => parent.children[index] === child;
  if (children.length === parent.children.length && children.every(isInPlace)) return;
  parent.replaceChildren(...children);
}

/** Sets a text that mostly grows. Only the new part is added. */
export function growText(target: HTMLElement, text: string): void {
  const shown = target.firstChild;
  if (shown instanceof Text && text.startsWith(shown.data)) shown.appendData(text.slice(shown.length));
  else setText(target, text);
}
