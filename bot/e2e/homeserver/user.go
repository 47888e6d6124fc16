package homeserver

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the registration protocol fixes HMAC-SHA1
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

const registerPath = "/_synapse/admin/v1/register"

// CreateUser makes an account; name is the part between @ and colon. The
// server wants a password of eight characters or more. Registering also logs
// in, so the account has one device without keys from the start.
func (s *Server) CreateUser(ctx context.Context, name, password string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var nonce struct {
		Nonce string `json:"nonce"`
	}
	if err := s.call(ctx, http.MethodGet, nil, &nonce); err != nil {
		return fmt.Errorf("create a user: ask for a nonce: %w", err)
	}
	mac := hmac.New(sha1.New, []byte(s.secret))
	mac.Write([]byte(nonce.Nonce + "\x00" + name + "\x00" + password + "\x00notadmin"))
	body := map[string]any{
		"nonce": nonce.Nonce, "username": name, "password": password, "admin": false,
		"mac": hex.EncodeToString(mac.Sum(nil)),
	}
	if err := s.call(ctx, http.MethodPost, body, nil); err != nil {
		return fmt.Errorf("create a user: %w", err)
	}
	return nil
}

// call sends one request to the registration endpoint.
func (s *Server) call(ctx context.Context, method string, body, answer any) error {
	var sent io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL()+registerPath, sent)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		var fault struct {
			Code string `json:"errcode"`
		}
		_ = json.Unmarshal(data, &fault)
		return fmt.Errorf("the homeserver said %s %s", resp.Status, fault.Code)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(data, answer)
}
