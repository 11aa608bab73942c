/** What an Ingress takes as a prefix (Kubernetes, `validateIngressRuleValue`), in the characters of RFC 3986. */
export const isUrlPath = (path: string): boolean =>
  /^\/[-A-Za-z0-9._~!$&'()*+,;=:@%/]{0,1000}$/.test(path) && !/\/\/|\/\.{1,2}(\/|$)|%2f|%5c/i.test(path)
