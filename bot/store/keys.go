package store

import (
	"container/list"
	"sync"

	"handrail/bot/seal"
)

// keyCacheSize bounds the keys held unwrapped. Each takes about 2 kB.
const keyCacheSize = 10_000

// keyCache holds the unwrapped keys of the persons used last. Only keys that
// are committed get in.
type keyCache struct {
	mu    sync.Mutex
	size  int
	order *list.List // of cachedKey, the latest in front
	byID  map[PersonID]*list.Element
}

type cachedKey struct {
	id  PersonID
	key *seal.Key
}

func newKeyCache(size int) *keyCache {
	return &keyCache{size: size, order: list.New(), byID: map[PersonID]*list.Element{}}
}

func (c *keyCache) get(id PersonID) (*seal.Key, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byID[id]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(cachedKey).key, true
}

// drop forgets the key of somebody who is erased.
func (c *keyCache) drop(id PersonID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[id]; ok {
		c.order.Remove(e)
		delete(c.byID, id)
	}
}

func (c *keyCache) put(id PersonID, k *seal.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byID[id]; ok {
		e.Value = cachedKey{id, k}
		c.order.MoveToFront(e)
		return
	}
	c.byID[id] = c.order.PushFront(cachedKey{id, k})
	if c.order.Len() > c.size {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.byID, last.Value.(cachedKey).id)
	}
}
