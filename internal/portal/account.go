package portal

// accountRoutes are the pages that people look after their blog and account by.
func (p *Portal) accountRoutes() map[string]handler {
	return map[string]handler{}
}
