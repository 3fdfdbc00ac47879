package portal

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/echoblogs/echoblogs/internal/web"
)

// staffRoutes are the pages that staff looks after all blogs and accounts by.
func (p *Portal) staffRoutes() map[string]handler {
	return map[string]handler{
		"GET /staff/{$}":                            requireStaff(p.showTenants),
		"GET /staff/tenants/{name}/{$}":             requireStaff(p.showTenant),
		"POST /staff/tenants/{name}/settings/{$}":   requireStaff(p.saveSettings),
		"POST /staff/tenants/{name}/suspend/{$}":    requireStaff(p.suspendTenant),
		"POST /staff/tenants/{name}/resume/{$}":     requireStaff(p.resumeTenant),
		"POST /staff/tenants/{name}/delete/{$}":     requireStaff(p.deleteTenant),
		"GET /staff/tombstones/{$}":                 requireStaff(p.showTombstones),
		"POST /staff/tombstones/{name}/restore/{$}": requireStaff(p.restoreTombstone),
		"GET /staff/users/{$}":                      requireStaff(p.showUsers),
		"GET /staff/users/{username}/{$}":           requireStaff(p.showUser),
		"POST /staff/users/{username}/lock/{$}":     requireStaff(p.lockUser),
		"POST /staff/users/{username}/unlock/{$}":   requireStaff(p.unlockUser),
		"POST /staff/users/{username}/reset/{$}":    requireStaff(p.sendReset),
		"GET /staff/codes/{$}":                      requireStaff(p.showCodes),
		"POST /staff/codes/{$}":                     requireStaff(p.createCode),
		"POST /staff/codes/{id}/revoke/{$}":         requireStaff(p.revokeCode),
		"GET /staff/audit/{$}":                      requireStaff(p.showAudit),
	}
}

// number reads a number from an address. Others than whole ones count as 0.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// plainText leaves out of what a client sent what the database and the API server would refuse: control characters, and
// what is no text.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// searchText is what is looked for, in the form in which it is compared.
func searchText(r *visit) string {
	return strings.ToLower(strings.TrimSpace(plainText(web.Shorten(r.URL.Query().Get("q")))))
}

// moment writes a time for staff.
func moment(t time.Time) string { return web.Moment(t) }

// bytesInWords writes a number of bytes, as Postgres' own pg_size_pretty counts them.
func bytesInWords(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	size, unit := float64(n), 0
	for size >= 1024 && unit < len(units)-1 {
		size /= 1024
		unit++
	}
	if unit == 0 || size >= 100 {
		return fmt.Sprintf("%.0f %s", size, units[unit])
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}
