import express from 'express'
import pg from 'pg'

/**
 * What `GET /me` reads, with nothing around it: Express, pg, and the two statements by their keys. Prints its port.
 * Arguments: the database's address, the session's id.
 */
const [connectionString, sessionId] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString, max: 10 })

const owner = `
  SELECT u.id, u.role, array_agg(o.id ORDER BY o.personal DESC, o.id) AS organizations
  FROM sessions s JOIN users u ON u.id = s.user_id
  JOIN memberships m ON m.user_id = u.id JOIN organizations o ON o.id = m.organization_id
  WHERE s.id = $1 AND s.revoked_at IS NULL AND s.absolute_expires_at > $2 AND u.status = 'ACTIVE'
  GROUP BY u.id`

const app = express()
app.get('/me', async (_request, response) => {
  const { rows: owners } = await pool.query<{ id: string }>(owner, [sessionId, new Date()])
  const { rows } = await pool.query('SELECT * FROM users WHERE id = $1', [owners[0]?.id])
  response.json(rows[0])
})
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' ? address?.port : address)
})
