// Package web contains what the blogs and the public site share: the layout, error pages, cookies, redirects, checksummed
// assets, security headers, request logs and metrics, and the HTTP server.
package web
