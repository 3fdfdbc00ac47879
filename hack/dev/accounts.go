package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// staffName is a member of staff, and ownerName the owner of a blog.
	staffName, ownerName = "jane", "alice"
	// passwordFile holds the password of both.
	passwordFile = "password"
)

// createAccounts creates the accounts of a member of staff and of an owner, as an administrator does: commands of the plugin
// print a link, at which the password is set.
func (d *demo) createAccounts(ctx context.Context) error {
	d.progress.say("Creating the accounts " + staffName + " and " + ownerName)
	password := strings.ToLower(rand.Text())
	for _, arguments := range [][]string{
		{"staff", "add", "--username=" + staffName, "--email=" + staffName + "@example.com"},
		{"invite", ownerName},
	} {
		link, err := d.kubectl.run(ctx, "", append([]string{"echoblogs"}, arguments...)...)
		if err != nil {
			return err
		}
		if err := d.setPassword(ctx, strings.TrimSpace(link), password); err != nil {
			return err
		}
	}
	return d.state.write(passwordFile, password+"\n")
}

// setPassword submits the form at a link.
func (d *demo) setPassword(ctx context.Context, link, password string) error {
	page, err := url.Parse(link)
	if err != nil {
		return errors.New("the public site printed no link")
	}
	form := url.Values{"token": page.Query()["token"], "password": {password}, "confirm_password": {password}}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	address := fmt.Sprintf("http://127.0.0.1:%d%s", d.port, page.Path)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("set a password: %w", err)
	}
	request.Host = page.Host
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultTransport.RoundTrip(request) // not its redirect
	if err != nil {
		return fmt.Errorf("set a password: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("set a password: the public site responds with %s", response.Status)
	}
	return nil
}
