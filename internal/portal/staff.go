package portal

// staffRoutes are the pages that staff looks after all blogs and accounts by.
func (p *Portal) staffRoutes() map[string]handler {
	return map[string]handler{}
}
