// Package application describes what runs in the schemas of tenants as one value: the migrations of its tables, the
// privileges of its database roles, how a probe recognizes it, and the backend that serves it. The operator knows nothing
// else about an application; the bundled one is application/blog.
package application

import "slices"

// Application is what runs in the schema of every tenant of a Platform.
type Application struct {
	// Name identifies the application in the record of applied migrations. It never changes.
	Name string
	// Migrations create and change its tables in the schema of a tenant. They also decide the order of its versions.
	Migrations
	// Grants are the privileges of its roles on objects in the schema of a tenant. Every role also gets USAGE there.
	Grants []Grant
	// PublicGrants are the privileges of its roles on the tables in public that it needs.
	PublicGrants []Grant
	// RolesSQL creates its roles. It requires an administrator, sets no password, and may run repeatedly.
	RolesSQL string
	// Probe says how a tenant is recognized in the backend's response.
	Probe Probe
	// Backend is the Service that serves the hosts of all tenants. It depends on the Platform.
	Backend Backend
}

// Grant gives a role privileges on tables.
type Grant struct {
	// Role is the database role.
	Role string
	// Privileges are SQL privileges on tables, each by its name, such as SELECT.
	Privileges []string
	// Tables are the names of tables, without their schema. A schema without one of them is defective.
	Tables []string
}

// Probe says how a tenant is recognized in a response to HEAD.
type Probe struct {
	// Path is the path of the requested page.
	Path string
	// Header is the response header that contains the name of the tenant.
	Header string
	// Active are the statuses of a tenant that is served, the usual one first.
	Active []int
	// Suspended are the statuses of a suspended tenant, the usual one first.
	Suspended []int
}

// Backend is a Service in the namespace of the Platform.
type Backend struct {
	Service string
	Port    int32
}

// Roles returns the roles that have privileges, sorted.
func (a Application) Roles() []string {
	return RolesOf(append(slices.Clone(a.Grants), a.PublicGrants...))
}

// TenantRoles returns the roles that have privileges in the schema of a tenant, sorted.
func (a Application) TenantRoles() []string { return RolesOf(a.Grants) }

// RolesOf returns the roles that grants give privileges, sorted.
func RolesOf(grants []Grant) []string {
	var roles []string
	for _, grant := range grants {
		roles = append(roles, grant.Role)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}
