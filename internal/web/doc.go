// Package web holds what every site of the product shares: its look, pages that say what went wrong, checksummed
// assets, security headers, the log and metrics of requests, and the server around it all.
package web
