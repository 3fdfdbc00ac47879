package portal

import (
	"fmt"
	"strconv"
	"time"
)

// staffRoutes are the pages that staff looks after all blogs and accounts by.
func (p *Portal) staffRoutes() map[string]handler {
	return map[string]handler{
		"GET /staff/{$}":                            staff(p.showTenants),
		"GET /staff/tenants/{name}/{$}":             staff(p.showTenant),
		"POST /staff/tenants/{name}/settings/{$}":   staff(p.saveSettings),
		"POST /staff/tenants/{name}/suspend/{$}":    staff(p.suspendTenant),
		"POST /staff/tenants/{name}/resume/{$}":     staff(p.resumeTenant),
		"POST /staff/tenants/{name}/delete/{$}":     staff(p.deleteTenant),
		"GET /staff/tombstones/{$}":                 staff(p.showTombstones),
		"POST /staff/tombstones/{name}/restore/{$}": staff(p.restoreTombstone),
		"GET /staff/users/{$}":                      staff(p.showUsers),
		"GET /staff/users/{username}/{$}":           staff(p.showUser),
		"POST /staff/users/{username}/lock/{$}":     staff(p.lockUser),
		"POST /staff/users/{username}/unlock/{$}":   staff(p.unlockUser),
		"POST /staff/users/{username}/reset/{$}":    staff(p.sendReset),
		"GET /staff/codes/{$}":                      staff(p.showCodes),
		"POST /staff/codes/{$}":                     staff(p.makeCode),
		"POST /staff/codes/{id}/revoke/{$}":         staff(p.revokeCode),
		"GET /staff/acts/{$}":                       staff(p.showActs),
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

// moment writes a time for staff.
func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

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
