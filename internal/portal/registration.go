package portal

// registrationRoutes are the pages that people register by.
func (p *Portal) registrationRoutes() map[string]handler {
	return map[string]handler{}
}
