// A sessionStorage for the tests.

/** Replace the storage by an empty one; returns its items. setItem is called in place of storing. */
export function useStorage(setItem?: (key: string, value: string) => void): Map<string, string> {
  const items = new Map<string, string>();
  const storage = {
    setItem: setItem ?? ((key: string, value: string) => { items.set(key, value); }),
    getItem: (key: string) => items.get(key) ?? null,
    removeItem: (key: string) => { items.delete(key); },
  };
  Object.defineProperty(globalThis, "sessionStorage", { value: storage, configurable: true });
  return items;
}

/** Replace the storage by one of a browser that keeps nothing for the page: any use throws. */
export function useNoStorage(): void {
  const get = () => { throw new DOMException("access is denied", "SecurityError"); };
  Object.defineProperty(globalThis, "sessionStorage", { get, configurable: true });
}
