-- name: grant_points :one
-- Up to $4 points of a party's bucket of $5, which gains $6 a second; none where it holds fewer
-- than $3. Written out rather than nested: Citus takes no subquery here.
INSERT INTO allowance AS held (ecosystem_id, party, points, granted, at)
VALUES ($1, $2, $5 - least($4::float8, $5::float8), least($4::float8, $5::float8), now())
ON CONFLICT (ecosystem_id, party) DO UPDATE SET
    points = least($5, held.points + $6::float8 * greatest(extract(epoch FROM now() - held.at), 0))
        - CASE
            WHEN least($5, held.points + $6 * greatest(extract(epoch FROM now() - held.at), 0)) < $3::float8
            THEN 0
            ELSE least($4, $5, held.points + $6 * greatest(extract(epoch FROM now() - held.at), 0))
        END,
    granted = CASE
        WHEN least($5, held.points + $6 * greatest(extract(epoch FROM now() - held.at), 0)) < $3
        THEN 0
        ELSE least($4, $5, held.points + $6 * greatest(extract(epoch FROM now() - held.at), 0))
    END,
    at = greatest(held.at, now())
RETURNING granted, points
