// Package web holds what every site of the product shares: its layout, error pages, cookies, redirects, checksummed
// assets, security headers, the log and metrics of requests, and the server around it all.
package web
